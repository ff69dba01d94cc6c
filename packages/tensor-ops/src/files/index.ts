/** Files from the network and the folder they are kept in: Node only. */
export { cacheRoot } from './cache-root';
export { type FileChecksum, sha256OfFile } from './checksum';
export { DownloadError, type DownloadFailure } from './download-error';
export { type DownloadFileOptions, type DownloadProgress, downloadFile } from './download-file';
