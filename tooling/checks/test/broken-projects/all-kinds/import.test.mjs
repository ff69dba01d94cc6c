import { test } from 'vitest';
import './absent.mjs';

test('is never reached', () => {});
