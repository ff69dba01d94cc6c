/** `server.ts [MODEL] [PORT]`: a detector as an HTTP server; SIGTERM lets it finish what is here and end. */
import { once } from 'node:events';
import { createRemoteDetector, type DetectionResult, drawDetections } from '@icconv/detection/node';
import { serveTask } from '@icconv/server';
import { z } from 'zod';

const [model = 'torchvision/fasterrcnn-resnet50-fpn-v2', port = '8080'] = process.argv.slice(2);
// In a process of its own, so that this one answers meanwhile. Bytes alone: a text would be a path, chosen by whoever sends it.
const detector = await createRemoteDetector(model, { decode: { accept: ['bytes'] } });
const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const found = z.object({ label: z.string(), score: z.number(), box });
const server = await serveTask(
  {
    verb: 'detect',
    description: 'find objects in pictures',
    query: z.object({ score: z.coerce.number().min(0).max(1).default(0.5) }),
    answer: z.object({ width: z.number(), height: z.number(), detections: z.array(found) }),
    run: (picture, { score }, signal) => detector.detect(picture, { scoreThreshold: score as number, signal }),
    draw: (picture, result, _, format) => drawDetections(picture, result as DetectionResult, { format }),
    model: { name: model, classes: detector.classes },
  },
  { port: Number(port), maxBytes: 16e6, queue: 16, seconds: 30 },
);
console.log(`POST ${server.address}/detect`);
await once(process, 'SIGTERM');
await server.close();
await detector.dispose();
