/**
 * The Python wheels that carry TensorFlow's shared libraries and headers, by platform and variant.
 *
 * Versions, sizes and checksums are pinned, so that a set-up is the same everywhere and a corrupted file is noticed. The Python
 * version in a name is of no account: nothing of Python is used, and the libraries in the wheels of all Python versions are alike.
 */
import { SetupError } from '../errors/setup-error';
import type { EngineVariant } from '../installed/library';

export const TENSORFLOW_VERSION = '2.21.0';

export interface Wheel {
  /** Name of the distribution, as in a requirement. */
  readonly distribution: string;
  readonly version: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

const CPU_X64 = wheel(
  'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
  273829956,
  '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
);
// There is no tensorflow-cpu for arm64: the plain wheel is the CPU build there.
const CPU_ARM64 = wheel(
  'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl',
  281828020,
  '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
);
const CUDA_X64 = wheel(
  'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
  572440367,
  '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
);
// What the wheel's extra `and-cuda` asks for (>= 12.5, < 13; cuDNN 9; NCCL >= 2.27), at one tested set of versions.
const CUDA_LIBRARIES: readonly Wheel[] = [
  wheel(
    'nvidia_cublas_cu12-12.9.2.10-py3-none-manylinux_2_27_x86_64.whl',
    581240110,
    'e4f53a8ca8c5d6e8c492d0d0a3d565ecb59a751b19cfdaa4f6da0ab2104c1702',
  ),
  wheel(
    'nvidia_cuda_cupti_cu12-12.9.79-py3-none-manylinux_2_25_x86_64.whl',
    10814997,
    '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
  ),
  wheel(
    'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    40546229,
    '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
  ),
  wheel(
    'nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    89568129,
    '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
  ),
  wheel(
    'nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    3493179,
    '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
  ),
  wheel(
    'nvidia_cudnn_cu12-9.9.0.52-py3-none-manylinux_2_27_x86_64.whl',
    781418458,
    'bdfc5081008c3f94ef237cffa6a79b6f7cd709e6018d6dfacf5a7fc7b4434b88',
  ),
  wheel(
    'nvidia_cufft_cu12-11.4.1.4-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    200877592,
    'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
  ),
  wheel(
    'nvidia_curand_cu12-10.3.9.90-py3-none-manylinux_2_27_x86_64.whl',
    63619976,
    'b32331d4f4df5d6eefa0554c565b626c7216f87a06a4f56fab27c3b68a830ec9',
  ),
  wheel(
    'nvidia_cusolver_cu12-11.7.5.82-py3-none-manylinux_2_27_x86_64.whl',
    338117415,
    '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
  ),
  wheel(
    'nvidia_cusparse_cu12-12.5.9.5-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    366449081,
    'b2f816d34a7bceab4cb00f0eaadb6a99fc9c285204da6401b42b952e4d61b77b',
  ),
  wheel(
    'nvidia_nccl_cu12-2.31.2-py3-none-manylinux_2_18_x86_64.whl',
    342105414,
    'f9b1dc3c2a7e20176054144ebb3b32fea83b40402ee5d7ac7045cd11ecc956c0',
  ),
  wheel(
    'nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    39748338,
    'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
  ),
];

/** Every wheel that the engine of this platform and variant is made of, TensorFlow's own first.
 * @throws {@link SetupError} where there is none. */
export function wheelsFor(platform: string, arch: string, variant: EngineVariant): readonly Wheel[] {
  if (platform === 'linux' && arch === 'x64') return variant === 'cpu' ? [CPU_X64] : [CUDA_X64, ...CUDA_LIBRARIES];
  if (platform === 'linux' && arch === 'arm64' && variant === 'cpu') return [CPU_ARM64];
  throw new SetupError(
    'platform',
    `no native engine for ${platform}-${arch} with variant ${variant} (there is linux-x64 with cpu or cuda, and linux-arm64 with cpu)`,
    `use the wasm engine: npm install @tensorflow/tfjs-backend-wasm`,
  );
}

/** Versions of NVIDIA's libraries in the CUDA engine that the set-up provides. */
export function cudaVersions(): { readonly cuda: string; readonly cudnn: string } {
  const version = (distribution: string) => CUDA_LIBRARIES.find((one) => one.distribution === distribution)!.version;
  return { cuda: version('nvidia-cuda-runtime-cu12'), cudnn: version('nvidia-cudnn-cu12') };
}

function wheel(file: string, bytes: number, sha256: string): Wheel {
  const [distribution, version] = file.split('-') as [string, string];
  return { distribution: distribution.replaceAll('_', '-'), version, file, bytes, sha256 };
}
