// What `pnpm bench --all` writes, and the tables that are made of it. A report holds for each bench its rows as it printed them, with the
// commit, the time and the load of the machine before it.

/** What is equal in all rows of a bench, and so stands once. */
const OF_THE_RUN = ['bench', 'tensorflow', 'simd', 'threads', 'peers', 'cpu', 'node'];

/** @param output - of a bench with --json: one object a line. @returns what all rows have in common, and the rows without it. */
export function rowsOf(output) {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  const all = lines.map((line) => JSON.parse(line));
  const common = Object.assign({}, ...all.map((row) => Object.fromEntries(OF_THE_RUN.map((key) => [key, row[key]]))));
  const rows = all.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => !OF_THE_RUN.includes(key))));
  const { bench, ...versions } = JSON.parse(JSON.stringify(common));
  return { versions, rows: rows.filter((row) => Object.keys(row).length > 0) };
}

const BEGIN = '<!-- numbers: made by pnpm bench:docs -->';
const END = '<!-- end of numbers -->';

/** A document with what stands between its marks replaced. @throws where it has no marks */
export function withNumbers(document, numbers) {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`the document lacks "${BEGIN}" and "${END}" around its numbers`);
  return `${document.slice(0, from + BEGIN.length)}\n${numbers}\n${document.slice(to)}`;
}

/** The rows of a bench that have these values. */
const rowsLike = (report, bench, wanted) =>
  (report.benches[bench]?.rows ?? []).filter((row) =>
    Object.entries(wanted).every(([key, value]) => row[key] === value),
  );

function own(report, bench, wanted) {
  const [row] = rowsLike(report, bench, wanted);
  if (row === undefined) {
    throw new Error(`no row ${JSON.stringify(wanted)}: pnpm bench --all --only ${bench} makes it`);
  }
  return row;
}

const digits = (value) => value.toFixed(value < 1 ? 2 : value < 100 ? 1 : 0);
const ms = (value) => `${digits(value)} ms`;

/** A line of a network: ours in ms, and each peer that took turns with it. */
function beside(what, bench, wanted, { ratio = false } = {}) {
  return (report) => {
    const ours = own(report, bench, { ...wanted, engine: 'icconv' }).medianMs;
    const others = rowsLike(report, bench, wanted).filter(({ engine }) => engine !== 'icconv');
    const best = Math.min(...others.map(({ medianMs }) => medianMs));
    const named = others.map(({ engine, medianMs }) => `${engine} ${digits(medianMs)}`).join(', ');
    return [what, ratio ? `${(ours / best).toFixed(2)} of the fastest peer's` : ms(ours), named, bench];
  };
}

function operator(what, name) {
  return (report) => {
    const { native, ratio } = own(report, 'tensor-ops', { name });
    const others = ratio === undefined ? '' : `torchvision ${digits(ratio * native.medianMs)}`;
    return [what, ms(native.medianMs), others, 'tensor-ops'];
  };
}

const README_ROWS = [
  (report) => {
    const { ratio, perPatternRatio } = own(report, 'inception-conv', { kind: 'forward-mean', network: 'r50-k9' });
    const what = "IC-R50 inception layers, 800x1216, over TensorFlow's plain convolution of equal FLOPs";
    return [what, ratio.toFixed(2), `one convolution per dilation ${perPatternRatio.toFixed(2)}`, 'inception-conv'];
  },
  beside('R50 to C5, 800x1216', 'models', { network: 'r50', batch: 1, size: '800x1216' }),
  beside('IC-R50 to C5, 800x1216', 'models', { network: 'ic-r50', batch: 1, size: '800x1216' }),
  beside('R50 to C5, 224x224', 'models', { network: 'r50', batch: 1, size: '224x224' }),
  beside('Faster R-CNN R50-FPN, 800x1216', 'detection', { kind: 'detect 800x1216', network: 'plain' }),
  beside('Faster R-CNN IC-R50-FPN, 800x1216', 'detection', { kind: 'detect 800x1216', network: 'inception' }),
  beside('Mask R-CNN R50-FPN, 800x1216', 'detection', { kind: 'detect 800x1216', network: 'mask' }),
  beside('Cascade R-CNN R50-FPN, 800x1216', 'detection', { kind: 'detect 800x1216', network: 'cascade' }),
  beside('training step of the R50-FPN, 512x512', 'detection', { kind: 'step 512x512', network: 'plain' }),
  beside('training step of the IC-R50-FPN, 512x512', 'detection', { kind: 'step 512x512', network: 'inception' }),
  beside('pose R50, 640x640', 'pose', { part: 'forward', network: 'R50' }),
  beside('pose IC-R101, 640x640', 'pose', { part: 'forward', network: 'IC-R101 k13' }),
  (report) => {
    const { medianMs, mmpose } = own(report, 'pose', { part: 'grouping', size: 640, people: 30 });
    const others = mmpose === undefined ? '' : `mmpose 0.29 ${digits(mmpose)}`;
    return ['grouping 30 people, 640x640 maps', ms(medianMs), others, 'pose'];
  },
  operator('RoIAlign, 1000 RoIs', 'roiAlign forward 1000 RoIs, ratio 2'),
  operator('NMS, 20,000 boxes', 'nms 20000 boxes, clustered, 80 classes'),
  (report) => {
    const rows = rowsLike(report, 'coco', { kind: 'bbox' });
    const [ours, ...others] = rows.filter(({ name }) => !name.includes('threads'));
    if (ours === undefined) throw new Error('no row of the COCO evaluation: pnpm bench --all --only coco makes it');
    const named = others.map(({ name, total }) => `${name} ${digits(total)}`).join(', ');
    return ['COCO evaluation, 500,000 boxes', `${ours.total.toFixed(2)} s`, named, 'coco'];
  },
  (report) => {
    const { loader, decodingOneThread } = own(report, 'training', {});
    const alone = `decoding alone, one thread ${digits(decodingOneThread)}`;
    return ['pictures a second of the loader, 640x480 JPEG to 800x1067', digits(loader), alone, 'training'];
  },
];

const COLUMNS = { what: 'what', here: 'here', beside: 'beside', command: 'command' };

/** README's table. @throws where a row is missing, with the command that makes it */
export function readmeNumbers(report) {
  const rows = README_ROWS.map((row) => row(report));
  const { processor, cores } = report.machine;
  return [
    `${cores} cores of ${processor}, each beside its peers in one run, answers checked first:`,
    '',
    `| ${Object.values(COLUMNS).join(' | ')} |`,
    '| --- | ---: | --- | --- |',
    ...rows.map(([what, here, others, bench]) => `| ${what} | ${here} | ${others} | \`pnpm bench ${bench}\` |`),
  ].join('\n');
}

/** Every row that has a median in milliseconds. */
export function performanceNumbers(report) {
  const { processor, cores, memoryGiB } = report.machine;
  const parts = Object.entries(report.benches).flatMap(([bench, { commit, seconds, loadBefore, versions, rows }]) => {
    const timed = rows.flatMap(timedRows);
    if (timed.length === 0) return [];
    const beside = Object.entries(versions.peers ?? {})
      .map(([name, version]) => `${name} ${version}`)
      .join(', ');
    const made = [`commit ${commit}`, versions.simd, beside, `load before ${loadBefore.toFixed(1)}`, `${seconds} s`];
    return [
      '',
      `\`pnpm bench ${bench}\`: ${made.filter(Boolean).join('; ')}.`,
      '',
      '| | engine | median ms | fastest | spread |',
      '| --- | --- | ---: | ---: | ---: |',
      ...timed.map(
        ({ what, engine, medianMs, minMs, spread }) =>
          `| ${what} | ${engine} | ${digits(medianMs)} | ${digits(minMs)} | ${(100 * spread).toFixed(0)} % |`,
      ),
    ];
  });
  const machine = `${cores} cores of ${processor}, ${memoryGiB} GiB. Spread: of the middle half of the turns, of the median.`;
  return [machine, ...parts].join('\n');
}

/** A row holds one timing, or several by name. */
function timedRows(row) {
  const { engine, medianMs, ...rest } = row;
  const labels = LABELS.filter((key) => rest[key] !== undefined);
  const what = labels
    .map((key) => (typeof rest[key] === 'number' ? `${key} ${rest[key]}` : String(rest[key])))
    .join(', ');
  if (medianMs !== undefined) return [{ ...row, what, engine: engine ?? 'icconv' }];
  return Object.entries(rest)
    .filter(([, value]) => value?.medianMs !== undefined)
    .map(([name, timing]) => ({ ...timing, what, engine: name === 'native' ? 'icconv' : name }));
}

const LABELS = ['name', 'kind', 'part', 'network', 'batch', 'size', 'layer', 'scales', 'people'];
