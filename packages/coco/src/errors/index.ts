export {
  CocoArgumentError,
  CocoError,
  CocoFormatError,
  CocoMaskError,
  CocoMismatchError,
} from './coco-error';
