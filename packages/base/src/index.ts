export { DisposedError } from './errors/disposed-error';
export { FileError, NameCollisionError, UnsafeNameError } from './errors/file-errors';
export { ImageDecodeError } from './errors/image-decode-error';
export { type OptionHint, optionHint, rephraseOptions } from './errors/option-hint';
export { VisionError } from './errors/vision-error';
export { OutputNames } from './names/output-names';
export { isPictureName, PICTURE_EXTENSIONS } from './names/picture-extensions';
export { relativeName, withoutExtension } from './names/relative-name';
