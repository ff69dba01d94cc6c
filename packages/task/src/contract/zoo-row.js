"use strict";
/** What is known of a published checkpoint, in one row; plain data. */
Object.defineProperty(exports, "__esModule", { value: true });
exports.IMAGENET_RGB = exports.MEBIBYTE = exports.hashInName = void 0;
/** Publishers' file names end in `-<digits>.pth` or `-<digits>_<date>.pth`. */
var hashInName = function (file) { return /-([0-9a-f]{8})[._]/.exec(file)[1]; };
exports.hashInName = hashInName;
exports.MEBIBYTE = Math.pow(2, 20);
/** ImageNet's mean and deviation, for RGB pixels in [0, 255]. */
exports.IMAGENET_RGB = {
    mean: [123.675, 116.28, 103.53],
    deviation: [58.395, 57.12, 57.375],
};
