/** Writes shards until it is killed: every tensor of run `r` is full of `r`. Arguments: folder, number of the first run. */
import { join } from 'node:path';
import { writeSafetensors } from '../../src/weights';
import { numberedTensors } from './numbered-tensors';

const [folder, first] = process.argv.slice(2) as [string, string];
process.stdout.write('ready\n');
for (let run = Number(first); ; run++) {
  await writeSafetensors(join(folder, 'model.safetensors'), numberedTensors(run), { maxShardBytes: 300_000 });
  process.stdout.write('written\n');
}
