/** A small U-Net, two levels down, two up, with kernels of any odd side. */
import * as tfl from '@tensorflow/tfjs-layers';
import { SIDE } from './rings';

export function unet(seed: number, kernelSize = 3): tfl.LayersModel {
  let number = 0;
  const conv = (x: tfl.SymbolicTensor, name: string, filters: number) =>
    tfl.layers
      .conv2d({
        name,
        filters,
        kernelSize,
        padding: 'same',
        activation: 'relu',
        kernelInitializer: tfl.initializers.heNormal({ seed: seed + number++ }),
      })
      .apply(x) as tfl.SymbolicTensor;
  const down = (x: tfl.SymbolicTensor) => tfl.layers.maxPooling2d({ poolSize: 2 }).apply(x) as tfl.SymbolicTensor;
  const up = (x: tfl.SymbolicTensor, skip: tfl.SymbolicTensor) => {
    const large = tfl.layers.upSampling2d({ size: [2, 2] }).apply(x) as tfl.SymbolicTensor;
    return tfl.layers.concatenate().apply([large, skip]) as tfl.SymbolicTensor;
  };
  const input = tfl.input({ shape: [SIDE, SIDE, 1] });
  const first = conv(input, 'down1', 8);
  const second = conv(down(first), 'down2', 16);
  const bottom = conv(down(second), 'bottom', 16);
  const third = conv(up(bottom, second), 'up2', 16);
  const last = conv(up(third, first), 'up1', 8);
  const output = tfl.layers
    .conv2d({
      name: 'mask',
      filters: 1,
      kernelSize: 1,
      activation: 'sigmoid',
      kernelInitializer: tfl.initializers.glorotUniform({ seed: seed + number }),
    })
    .apply(last) as tfl.SymbolicTensor;
  return tfl.model({ inputs: input, outputs: output });
}
