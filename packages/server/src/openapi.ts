/** The description of the server for people's tools. */
import { z } from 'zod';
import { REFUSAL } from './refusal';
import type { ServedTask } from './served-task';

const binary = { schema: { type: 'string', format: 'binary' } };

const REFUSALS = {
  400: 'the picture cannot be read, or a parameter is wrong',
  413: 'the picture has too many bytes',
  415: 'the body is no picture',
  500: 'the work failed',
  503: 'too many requests are here already, or the server is about to end: try again',
  504: 'the work took too long',
};

/** OpenAPI 3.1. */
export function openApi(task: ServedTask, maxBytes: number): object {
  const query = z.toJSONSchema(task.query, { io: 'input' });
  const json = (type: z.ZodType) => ({ 'application/json': { schema: z.toJSONSchema(type) } });
  const refused = Object.entries(REFUSALS).map(([status, description]) => [
    status,
    { description, content: json(REFUSAL) },
  ]);
  const plain = (summary: string, type = 'application/json') => ({
    get: { summary, responses: { 200: { description: summary, content: { [type]: {} } } } },
  });
  return {
    openapi: '3.1.0',
    info: { title: `icconv ${task.verb}`, version: '1', description: `${task.description}, by ${task.model.name}` },
    paths: {
      [`/${task.verb}`]: {
        post: {
          summary: task.description,
          parameters: Object.entries(query.properties ?? {}).map(([name, schema]) => ({ name, in: 'query', schema })),
          requestBody: {
            required: true,
            description: `a picture of at most ${maxBytes} bytes`,
            content: {
              'image/*': binary,
              'application/octet-stream': binary,
              'multipart/form-data': { schema: { type: 'object', properties: { file: binary.schema } } },
            },
          },
          responses: {
            200: {
              description: 'what was found; the picture with it drawn in, where Accept asks for a picture',
              content: { ...json(task.answer), 'image/png': binary, 'image/jpeg': binary },
            },
            ...Object.fromEntries(refused),
          },
        },
      },
      '/health': plain('that the server answers'),
      '/ready': plain('that it takes pictures; 503 when it is about to end'),
      '/model': plain('the network that is run'),
      '/metrics': plain('figures for Prometheus', 'text/plain'),
      '/openapi.json': plain('this description'),
    },
  };
}
