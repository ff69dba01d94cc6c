/** Of a picture, pixels. */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
}
