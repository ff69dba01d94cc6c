/** `pnpm --filter @icconv/docs zoo` writes docs/zoo.md. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zooPage } from './zoo-page';

await writeFile(join(import.meta.dirname, '../zoo.md'), zooPage());
