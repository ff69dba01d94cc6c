/** `train.ts TRAIN VAL IMAGES [OUT] [EPOCHS]`: a detector of your own classes, from annotations in COCO's format. */
import { openData } from '@icconv/coco/node';
import { createDetector, detectorPreset, evaluateDetector, trainDetector } from '@icconv/detection/node';
import { useEngine } from '@icconv/tensor-ops/engine';

const [trainFile, valFile, images, folder = 'runs/mine', epochs = '16'] = process.argv.slice(2);
if (images === undefined) throw new Error('train.ts TRAIN VAL IMAGES [OUT] [EPOCHS]');
await useEngine();
// Looks at every picture: a missing one, or one of another size than the file says, is told before it costs an hour.
const train = await openData({ annotations: trainFile!, images });
const val = await openData({ annotations: valFile!, images });

// From scratch, in minutes on a laptop. With trained weights: `start: { from: 'torchvision/resnet50-v2' }` and a backbone of depth 50.
const preset = await detectorPreset('small', train.dataset, { recipe: { epochs: Number(epochs), patience: 8 } });
const { reason, best } = await trainDetector({ ...preset, train, val, folder, resume: true });
console.log(reason, best?.epoch);
// Saved: the same command goes on.
if (reason === 'interrupted') process.exit(130);

const { stats } = await evaluateDetector(folder, val);
console.log(`AP ${stats.AP!.toFixed(3)}, AP50 ${stats.AP50!.toFixed(3)}`);

const detector = await createDetector(folder);
console.log(detector.classes.join(' '));
await detector.dispose();
