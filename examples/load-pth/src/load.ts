/** `load.ts CHECKPOINT DEPTH PICTURE [OUT]`: a ResNet classifier that PyTorch saved: what is in it, what it sees, and as safetensors. */
import { createClassifier } from '@icconv/classification/node';
import { convertWeights, openWeights } from '@icconv/tensor-ops/weights';

const [checkpoint, depth, picture, out] = process.argv.slice(2);
if (picture === undefined) throw new Error('load.ts CHECKPOINT DEPTH PICTURE [OUT]');

// 1. What is in the file. Nothing in it is run: a pickle is read as data.
const file = await openWeights(checkpoint!);
for (const [name, { dtype, shape }] of [...file.entries].slice(0, 3)) console.log(name, dtype, shape.join('x'));
console.log(file.entries.size, 'tensors');
const classes = file.entries.get('fc.bias')!.shape[0]!;
await file.close();

// 2. What it sees.
const names = Array.from({ length: classes }, (_, i) => `class ${i}`);
const classifier = await createClassifier({
  backbone: Number(depth) as 18 | 34 | 50 | 101 | 152,
  weights: checkpoint!,
  classes: names,
});
const seen = await classifier.classify(picture, { topK: 1 });
console.log(seen.classes[0]!.label, seen.classes[0]!.score.toFixed(3));
await classifier.dispose();

// 3. In a format that every library reads.
if (out !== undefined) {
  const { tensors } = await convertWeights(checkpoint!, out);
  console.log(`${tensors} tensors written`);
}
