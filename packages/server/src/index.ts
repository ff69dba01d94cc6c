export { type Answer, serveTask, type TaskServer, type TaskServerOptions } from './serve-task';
export type { ServedTask } from './served-task';
