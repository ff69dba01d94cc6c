/** Files from the network and the folder they are kept in: Node only. */
export { cacheRoot, sha256OfFile } from '../setup/files';
export { DownloadError, type DownloadFailure } from './download-error';
export { type DownloadFileOptions, type DownloadProgress, downloadFile } from './download-file';
