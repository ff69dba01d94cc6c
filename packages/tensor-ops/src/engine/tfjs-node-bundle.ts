/**
 * What the engine needs of `@tensorflow/tfjs-node-gpu`: its kernels, its backend, and its `file://` handlers; and TensorFlow.js' gradients, which
 * the union package registers otherwise.
 *
 * Built into one module (scripts/bundle-tfjs-node.ts) for projects that have no tfjs-node-gpu of their own. The package's own entry
 * would bring TensorFlow.js' layers and browser backends along, and looks for the binding in its own folder.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-node-gpu/dist/register_all_kernels';
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { nodeFileSystemRouter } from '@tensorflow/tfjs-node-gpu/dist/io/file_system';
import { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding';

/** As that package's entry: above the priority of every other backend. */
const PRIORITY = 3;

/** Registers the backend `tensorflow` with the binding in `bindingFile`. */
export function startBackend(bindingFile: string): void {
  const binding = createRequire(bindingFile)(bindingFile) as TFJSBinding;
  // The name tells the backend that GPUs may serve it.
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), PRIORITY);
  tf.io.registerLoadRouter(nodeFileSystemRouter);
  tf.io.registerSaveRouter(nodeFileSystemRouter);
}
