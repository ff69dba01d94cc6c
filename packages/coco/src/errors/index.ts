export { CocoArgumentError, CocoError, CocoFormatError, CocoMismatchError } from './coco-error';
