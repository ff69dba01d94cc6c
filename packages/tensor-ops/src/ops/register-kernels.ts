import { registerBatchNorm } from './batch-norm';
import { registerBoxCandidates } from './box-candidates';
import { registerConvProgram } from './conv-program';
import { registerConv2d } from './conv2d';
import { registerDilationErrors } from './dilation-errors';
import { registerFusedConv2d } from './fused-conv2d';
import { registerImageBatch } from './image-batch';
import { registerInceptionConv2d } from './inception-conv2d';
import { registerKeypointGrouping } from './keypoint-grouping';
import { registerKeypointMaps } from './keypoint-maps';
import { registerMasks } from './masks';
import { registerMaxPool2d } from './max-pool2d';
import { registerNms } from './nms';
import { registerParameterUpdate } from './parameter-update';
import { registerRoiAlign } from './roi-align';

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
  registerBoxCandidates();
  registerNms();
  registerKeypointGrouping();
  registerKeypointMaps();
  registerMasks();
  registerRoiAlign();
  registerImageBatch();
  registerParameterUpdate();
}

let registered = false;
