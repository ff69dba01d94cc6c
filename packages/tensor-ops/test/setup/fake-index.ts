/** A package index on this machine that serves small wheels made on the spot, and misbehaves on demand. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import yazl from 'yazl';
import type { Wheel } from '../../src/setup/wheels';

export interface FakeIndex {
  readonly url: string;
  readonly requests: string[];
  close(): Promise<void>;
}

/** `whole` answers well; the others cut the file, change a byte, answer 503, or send half and then nothing. */
export type Behaviour = 'whole' | 'cut' | 'changed' | 'refuse' | 'stall';

export async function makeWheel(files: Record<string, string>, name = 'tensorflow_cpu-2.21.0-py3-none-any.whl') {
  const zip = new yazl.ZipFile();
  for (const [path, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), path);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const wheel: Wheel = {
    distribution: name.split('-')[0]!.replaceAll('_', '-'),
    version: name.split('-')[1]!,
    file: name,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
  return { wheel, bytes };
}

export async function serveIndex(wheel: Wheel, bytes: Buffer, behaviour: Behaviour = 'whole'): Promise<FakeIndex> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (behaviour === 'refuse') return response.writeHead(503).end();
    if (request.url === `/simple/${wheel.distribution}/`) {
      response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json');
      // A relative address, as some mirrors give.
      return response.end(JSON.stringify({ files: [{ filename: wheel.file, url: `../../files/${wheel.file}` }] }));
    }
    if (request.url !== `/files/${wheel.file}`) return response.writeHead(404).end();
    if (behaviour === 'cut') return response.end(bytes.subarray(0, bytes.length >> 1));
    if (behaviour === 'changed') return response.end(Buffer.concat([bytes.subarray(0, -1), Buffer.from([7])]));
    if (behaviour === 'stall') {
      response.setHeader('content-length', bytes.length);
      return response.write(bytes.subarray(0, bytes.length >> 1));
    }
    return response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
