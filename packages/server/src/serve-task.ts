/** A network as an HTTP server: pictures in, JSON or overlays out. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { defined } from '@icconv/base';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { accepts } from 'hono/accepts';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { admission } from './admission';
import { serverMetrics } from './metrics';
import { openApi } from './openapi';
import { pictureOf } from './picture-of';
import { failureOf, refusal } from './refusal';
import type { ServedTask } from './served-task';

export interface TaskServerOptions {
  /** @defaultValue `'127.0.0.1'`: this machine alone */
  readonly host?: string;
  /** 0 takes a free one. @defaultValue `8080` */
  readonly port?: number;
  /** Of a picture as it is sent. @defaultValue 16 MiB */
  readonly maxBytes?: number;
  /** Requests that are worked on and wait together; others are answered 503 at once. @defaultValue `16` */
  readonly queue?: number;
  /** For the arrival of a request, and again for the work on it. @defaultValue `30` */
  readonly seconds?: number;
  /** Told of each request with a picture when it has ended, and of what failed inside. */
  readonly onEnd?: (answer: Answer) => void;
}

export interface Answer {
  readonly status: number;
  /** From the request to the answer. */
  readonly seconds: number;
  readonly error?: unknown;
}

export interface TaskServer {
  /** `http://127.0.0.1:8080`. */
  readonly address: string;
  /** Takes no more requests, and ends when those that are here have their answers. */
  close(): Promise<void>;
}

const PICTURES = { 'image/png': 'png', 'image/jpeg': 'jpg' } as const;

type Variables = { Variables: { failure?: unknown } };

/**
 * Answers `POST /<verb>` with what was found in a picture, and `GET` of `/health`, `/ready`, `/model`, `/metrics` and `/openapi.json`.
 *
 * The work belongs into another process (`createRemoteDetector`): in this one TensorFlow would hold up all other answers.
 *
 * @throws the system's error where the port cannot be had.
 */
export async function serveTask(task: ServedTask, options: TaskServerOptions = {}): Promise<TaskServer> {
  const { host = '127.0.0.1', port = 8080, maxBytes = 16 * 2 ** 20, queue = 16, seconds = 30, onEnd } = options;
  const admitted = admission(queue);
  const metrics = serverMetrics(() => admitted.count);
  const description = openApi(task, maxBytes);
  const time = seconds * 1000;
  let closing = false;

  const app = new Hono<Variables>();
  app.notFound((context) => context.json(refusal('ICCONV_NO_SUCH_PATH', 'see /openapi.json'), 404));
  app.get('/health', (context) => context.json({ status: 'ok' }));
  app.get('/ready', (context) => context.json({ ready: !closing }, closing ? 503 : 200));
  app.get('/model', (context) => context.json({ task: task.verb, ...task.model }));
  app.get('/openapi.json', (context) => context.json(description));
  app.get('/metrics', async (context) =>
    context.body(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
  );

  const tell: MiddlewareHandler<Variables> = async (context, next) => {
    const from = performance.now();
    await next();
    // Kept connections would hold up the end.
    if (closing) context.header('connection', 'close');
    const [status, took] = [context.res.status, (performance.now() - from) / 1000];
    metrics.ended(status, took);
    onEnd?.({ status, seconds: took, ...defined({ error: context.get('failure') }) });
  };
  const open: MiddlewareHandler = async (context, next) => {
    if (closing) return context.json(refusal('ICCONV_SERVER_CLOSING', 'the server is about to end'), 503);
    return next();
  };
  const tooLong = (context: Context) =>
    context.json(refusal('ICCONV_PICTURE_TOO_LONG', `a picture may have ${maxBytes} bytes`), 413);
  const bounded = bodyLimit({ maxSize: maxBytes, onError: tooLong });

  app.post(`/${task.verb}`, tell, open, admitted.middleware, bounded, async (context) => {
    const query = task.query.safeParse(context.req.query());
    if (!query.success) return context.json(refusal('ICCONV_QUERY', z.prettifyError(query.error)), 400);
    const signals = { late: AbortSignal.timeout(time), gone: context.req.raw.signal };
    try {
      const picture = await pictureOf(context);
      if (picture === undefined) {
        return context.json(refusal('ICCONV_NO_PICTURE', 'send a picture as the body, or as a file of a form'), 415);
      }
      const result = await task.run(picture, query.data, AbortSignal.any([signals.late, signals.gone]));
      const type = accepts(context, {
        header: 'Accept',
        supports: ['application/json', ...Object.keys(PICTURES)],
        default: 'application/json',
      }) as keyof typeof PICTURES | 'application/json';
      if (type === 'application/json') return context.json(result);
      const drawn = await task.draw(picture, result, query.data, PICTURES[type]);
      return context.body(new Uint8Array(drawn), 200, { 'content-type': type });
    } catch (error) {
      const { status, body } = failureOf(error, signals, seconds);
      if (status === 500) context.set('failure', error);
      return context.json(body, status as 500);
    }
  });

  const serverOptions = {
    requestTimeout: time,
    headersTimeout: time,
    connectionsCheckingInterval: Math.min(time, 5000),
  };
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions }) as Server;
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address() as AddressInfo;
  return {
    address: `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`,
    async close() {
      if (closing) return;
      closing = true;
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
