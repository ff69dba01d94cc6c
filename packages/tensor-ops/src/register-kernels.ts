import { registerBatchNorm } from './ops/batch-norm';
import { registerConvProgram } from './ops/conv-program';
import { registerConv2d } from './ops/conv2d';
import { registerDilationErrors } from './ops/dilation-errors';
import { registerFusedConv2d } from './ops/fused-conv2d';
import { registerImageBatch } from './ops/image-batch';
import { registerInceptionConv2d } from './ops/inception-conv2d';
import { registerKeypointGrouping } from './ops/keypoint-grouping';
import { registerKeypointMaps } from './ops/keypoint-maps';
import { registerMaxPool2d } from './ops/max-pool2d';
import { registerNms } from './ops/nms';
import { registerParameterUpdate } from './ops/parameter-update';
import { registerRoiAlign } from './ops/roi-align';

/**
 * Registers every kernel and gradient of this package, for all backends, with TensorFlow.js. May be called again.
 *
 * Each operator's folder has a function that registers its kernels; they are called here and nowhere else.
 */
export function registerKernels(): void {
  if (registered) return;
  registered = true;
  registerBatchNorm();
  registerConv2d();
  registerFusedConv2d();
  registerDilationErrors();
  registerMaxPool2d();
  registerInceptionConv2d();
  registerConvProgram();
  registerNms();
  registerKeypointGrouping();
  registerKeypointMaps();
  registerRoiAlign();
  registerImageBatch();
  registerParameterUpdate();
}

let registered = false;
