/** Whose order of dimensions: PyTorch's OIHW filters and [out, in] matrices, or TensorFlow's HWIO and [in, out]. */
export type WeightLayout = 'pytorch' | 'tensorflow';

/**
 * Filters of each branch of the inception layers, by layer name (`layer1.0.conv2`), in the order of the pattern; zeros may be left in.
 * A pattern file's counts, in its order of keys, are such a list.
 */
export type InceptionCounts = Readonly<Record<string, readonly number[]>>;

/** Key of the safetensors header that tells the order of dimensions; a file without it is in PyTorch's. */
export const LAYOUT_KEY = 'icconv.layout';
