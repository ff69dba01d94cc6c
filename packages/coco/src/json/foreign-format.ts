/** What a file is that is given for JSON. */

const FORMATS: readonly (readonly [start: string, what: string])[] = [
  ['\x1f\x8b', 'compressed by gzip: gunzip it first'],
  ['PK\x03\x04', 'a zip archive: unpack it first'],
  ['BZh', 'compressed by bzip2: unpack it first'],
  ['\xfd7zXZ', 'compressed by xz: unpack it first'],
  ['\x28\xb5\x2f\xfd', 'compressed by zstd: unpack it first'],
  ['\xff\xfe', 'text in UTF-16: save it as UTF-8'],
  ['\xfe\xff', 'text in UTF-16: save it as UTF-8'],
  ['\0', 'text in UTF-16, or no text: save it as UTF-8'],
  ['\x80', 'a pickle of Python: write it with json.dump'],
  ['\x93NUMPY', 'an array of NumPy: write it with json.dump'],
  ['version https://git-lfs', 'the pointer of Git LFS: git lfs pull fetches the file'],
  ['<', 'a web page or XML'],
];

/** `, but it is compressed by gzip: gunzip it first`; empty for what looks like nothing. @param start - the first bytes. */
export function foreignFormat(start: Uint8Array): string {
  const text = String.fromCharCode(...start.subarray(0, 32));
  const [, what] = FORMATS.find(([first]) => text.startsWith(first)) ?? [];
  return what === undefined ? '' : ` (it is ${what})`;
}
