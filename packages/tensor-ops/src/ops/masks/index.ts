export { type CropMasksOptions, cropMasks } from './crop-masks';
export { type PasteMasksOptions, pasteMasks } from './paste-masks';
export { registerMasks } from './register-masks';
