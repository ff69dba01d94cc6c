import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/**
 * What a file's bytes are held to: hexadecimal digits of its SHA-256, at least the first eight; or of its MD5, at least the first six, for
 * publishers that give no other. MD5 tells damage, not malice.
 */
export type FileChecksum =
  | { readonly sha256: string; readonly md5?: never }
  | { readonly md5: string; readonly sha256?: never };

/** SHA-256 of a file's bytes, 64 lowercase hexadecimal digits. */
export async function sha256OfFile(path: string): Promise<string> {
  return digestOfFile(path, 'sha256');
}

/** A digest of a file's bytes in lowercase hexadecimal digits. */
export async function digestOfFile(path: string, algorithm: 'sha256' | 'md5'): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
