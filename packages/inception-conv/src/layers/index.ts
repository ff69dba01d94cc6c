/** Importing this entry registers `InceptionConv2D` with tf.layers, so that saved models that hold one can be loaded. */
import * as tf from '@tensorflow/tfjs-core';
import { InceptionConv2D } from './inception-conv2d';

tf.serialization.registerClass(InceptionConv2D);

export { InceptionConv2D, type InceptionConv2DLayerArgs, inceptionConv2dLayer } from './inception-conv2d';
