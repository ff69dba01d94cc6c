/** A thread that decodes pictures. Pixels go back without being copied. */
import { parentPort } from 'node:worker_threads';
import { DecodeFailure, decodePixels, meanGrey } from '@icconv/base/pictures';
import sharp from 'sharp';
import type { DecodeJob, DecodeReply } from './decode-messages';

// Pictures are decoded side by side, so one thread for each is enough; and none comes twice, so caching them only holds memory.
sharp.concurrency(1);
sharp.cache(false);

const port = parentPort!;
port.on('message', async (job: DecodeJob) => {
  const reply = await decode(job);
  port.postMessage(reply, 'data' in reply ? [reply.data.buffer] : []);
});

async function decode(job: DecodeJob): Promise<DecodeReply> {
  const { id, input, ...options } = job;
  try {
    const image = await decodePixels(input, options);
    return { id, ...image, meanGrey: job.meanGrey ? meanGrey(image) : undefined };
  } catch (error) {
    if (error instanceof DecodeFailure) return { id, path: error.path, reason: error.reason };
    return { id, path: '<worker>', reason: String(error) };
  }
}
