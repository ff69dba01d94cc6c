/** What a file that is no weight file seems to be, from its first bytes. */
export function describeHead(head: Uint8Array): string {
  const text = String.fromCharCode(...head.subarray(0, 64));
  if (/^\s*<(?:!doctype|html)/i.test(text))
    return 'an HTML page: the download failed or needs a confirmation in a browser';
  if (text.startsWith('version https://git-lfs'))
    return 'a Git LFS pointer, not the file itself; fetch it with `git lfs pull`';
  if (text.startsWith('\x89HDF')) return 'an HDF5 file; safetensors and PyTorch checkpoints are read';
  if (text.startsWith('\x1f\x8b')) return 'compressed with gzip; unpack it first';
  const start = Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `neither safetensors nor a PyTorch checkpoint (it begins with ${start})`;
}
