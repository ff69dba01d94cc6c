/** The picture of a request: its body, or the first file of a form. */
import type { Context } from 'hono';

/** Undefined for a body of another kind, or a form without a file. */
export async function pictureOf({ req }: Context): Promise<Uint8Array | undefined> {
  const type = (req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === 'multipart/form-data') {
    const form = await req.parseBody();
    const file = Object.values(form).find((value) => value instanceof File);
    return file && new Uint8Array(await file.arrayBuffer());
  }
  // Programs that do not say what they send are taken at their bytes.
  if (type !== '' && type !== 'application/octet-stream' && !type.startsWith('image/')) return undefined;
  return new Uint8Array(await req.arrayBuffer());
}
