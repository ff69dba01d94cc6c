export { decodeText } from './decode-text';
export { resolveInside, resolveInsideWithLinks } from './inside';
export { makeFolder } from './make-folder';
export { type OpenFile, openOrdinaryFile, type ReadFileOptions, readOrdinaryFile, readText } from './read-file';
export { type FileContent, type FileWriter, temporaryName, writeAtomically } from './write-file';
export { type FolderOptions, type FolderWriter, recoverFolder, writeFolderAtomically } from './write-folder';
