/** The measured cost of a super-network's inception kernels, for a budget of time. */
import { type ResNetConfig, summary } from '@icconv/models';
import { plainConfig, superLayers } from '../network/resnet-layers';
import { type KernelCost, measureKernelCost } from '../selection/latency';

/**
 * Times the inception kernel of every searched layer for one image, on the engine in use.
 *
 * @param config - of the super-network.
 * @param inputSize - [height, width] of the image in pixels.
 */
export async function measureKernelCosts(
  config: ResNetConfig,
  inputSize: readonly [height: number, width: number],
): Promise<KernelCost[]> {
  const outputs = new Map(summary(plainConfig(config), inputSize).layers.map(({ name, output }) => [name, output]));
  const costs: KernelCost[] = [];
  for (const { name, kernelSize, maxDilation, groups, stride, inChannels, outChannels } of superLayers(config)) {
    const [height, width] = outputs.get(name)! as [number, number, number];
    costs.push(
      await measureKernelCost({
        name,
        filter: [kernelSize, kernelSize, inChannels / groups, outChannels],
        groups,
        stride,
        input: [1, height * stride, width * stride, inChannels],
        maxDilation,
      }),
    );
  }
  return costs;
}
