/** What the kernels of masks are given, checked. */

export interface PasteMasksAttrs {
  readonly height: number;
  readonly width: number;
  readonly threshold: number;
  /** torchvision's way: boxes grow by the border and become whole pixels; what is greater than the threshold is inside. */
  readonly wholeBoxes: boolean;
}

export interface CropMasksAttrs {
  readonly height: number;
  readonly width: number;
  readonly outputSize: number;
  readonly samplingRatio: number;
  readonly aligned: boolean;
  readonly binary: boolean;
}
