/** The page: which tab, which picture, which backend, and what follows from them. One thing runs at a time, the latest wish last. */

import { BackendUnavailableError } from '@icconv/detection/web';
import { availableBackends, BACKEND_NAMES, BACKENDS, type Backend, startBackend } from './backends';
import { element } from './element';
import { type FieldFinder, fieldFinder } from './field';
import { drawField } from './field-view';
import { DEMO, loadNetwork, type Network, ownNetwork, type Source, type TaskName } from './networks';
import { SAMPLES } from './samples';

type Tab = TaskName | 'field';
const TABS: readonly Tab[] = ['detection', 'pose', 'field'];

const THRESHOLDS: Readonly<Record<TaskName, number>> = { detection: 0.6, pose: 0.4 };

interface Wish {
  readonly tab: Tab;
  readonly task: TaskName;
  readonly source: Source;
  readonly backend: Backend;
  /** A visitor's, or the address of a scene: fetched in its turn, so that of two wishes the later one stays. */
  readonly picture: Blob | string;
  /** Of the unit in the picture, 0 to 1. */
  readonly at: readonly [x: number, y: number];
}

let wish: Wish | undefined;
let network: Network | undefined;
let finder: FieldFinder | undefined;
let running = false;
let again = false;
/** A visitor's choice is kept, come what may. */
let chosen = false;
/** How often a tab or a network was chosen: reading a network's files takes time, in which another choice may be made. */
let choices = 0;

const status = element('status', HTMLParagraphElement);
const progress = element('progress', HTMLProgressElement);
const errorLine = element('error', HTMLParagraphElement);
const drop = element('drop', HTMLDivElement);
const frame = element('picture', HTMLDivElement);
const backendChoice = element('backend', HTMLSelectElement);
const threshold = element('threshold', HTMLInputElement);
const layer = element('layer', HTMLSelectElement);

/** Takes up what has changed, and does the work anew. */
function change(changed: Partial<Wish>): void {
  if (wish === undefined) return;
  wish = { ...wish, ...changed };
  if (running) again = true;
  else void work();
}

async function work(): Promise<void> {
  running = true;
  document.body.classList.add('busy');
  do {
    again = false;
    errorLine.hidden = true;
    try {
      await fulfil(wish!);
    } catch (error) {
      status.textContent = '';
      showError(error as Error);
      element('table', HTMLTableElement).replaceChildren();
      element('json', HTMLPreElement).textContent = '';
    }
    progress.hidden = true;
  } while (again);
  running = false;
  document.body.classList.remove('busy');
}

function showError({ message }: Error): void {
  errorLine.textContent = message;
  errorLine.hidden = false;
}

let current: { readonly backend: Backend; readonly source: Source } | undefined;

async function fulfil({ tab, task, source, backend, picture, at }: Wish): Promise<void> {
  if (current?.backend !== backend || current.source !== source) {
    try {
      await load(task, source, backend);
    } catch (error) {
      const next = fallback(backend, error);
      if (next === undefined) throw error;
      backendChoice.value = next;
      wish = { ...wish!, backend: next };
      return fulfil({ ...wish, tab, task, source, picture, at });
    }
  }
  const blob = typeof picture === 'string' ? await scene(picture) : picture;
  if (wish!.picture === picture) wish = { ...wish!, picture: blob };
  const bitmap = await createImageBitmap(blob).catch((cause: Error) => {
    throw new Error(`This is no picture that the browser can read: ${cause.message}`, { cause });
  });
  showPicture(blob, bitmap);
  if (tab === 'field') await showFields(bitmap, at);
  else await showFound(blob, backend);
  bitmap.close();
}

async function load(task: TaskName, source: Source, backend: Backend): Promise<void> {
  current = undefined;
  finder?.dispose();
  await network?.dispose();
  finder = network = undefined;
  await say(`Starting ${BACKEND_NAMES[backend]} ...`);
  await startBackend(backend);
  await say('Loading the network ...');
  progress.hidden = false;
  network = await loadNetwork(task, source, (share) => {
    if (share === undefined) progress.removeAttribute('value');
    else progress.value = share;
  });
  progress.hidden = true;
  current = { backend, source };
}

/** The next best, where one that nobody asked for does not serve. */
function fallback(backend: Backend, error: unknown): Backend | undefined {
  if (chosen || !BackendUnavailableError.isInstance(error)) return undefined;
  const option = [...backendChoice.options].find(({ value }) => value === backend)!;
  option.text = `${BACKEND_NAMES[backend]} (does not serve here)`;
  const rest = [...backendChoice.options].slice(option.index + 1).find(({ disabled }) => !disabled);
  return rest?.value as Backend | undefined;
}

async function showFound(picture: Blob, backend: Backend): Promise<void> {
  await say('Looking ...');
  const start = performance.now();
  const { result, rows, svg } = await network!.run(picture, Number(threshold.value));
  const ms = performance.now() - start;
  const drawing = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  frame.append(document.importNode(drawing, true));
  element('table', HTMLTableElement).replaceChildren(
    row('th', network!.columns),
    ...rows.map((cells) => row('td', cells)),
  );
  element('json', HTMLPreElement).textContent = JSON.stringify(result, null, 2);
  const things = network!.task === 'pose' ? ['figure', 'figures'] : ['object', 'objects'];
  status.textContent = `${rows.length} ${things[rows.length === 1 ? 0 : 1]} in ${ms.toFixed(0)} ms on ${BACKEND_NAMES[backend]}`;
  document.body.dataset.ms = ms.toFixed(1);
}

async function showFields(bitmap: ImageBitmap, at: Wish['at']): Promise<void> {
  const cross = document.createElement('span');
  cross.className = 'cross';
  cross.style.left = `${100 * at[0]}%`;
  cross.style.top = `${100 * at[1]}%`;
  frame.append(cross);
  await say('Differentiating ...');
  finder ??= await fieldFinder(network!);
  const fields = await finder.fields(bitmap, layer.value as 'c3' | 'c4' | 'c5', at);
  for (const kind of ['plain', 'inception'] as const) {
    drawField(element(`field-${kind}`, HTMLCanvasElement), bitmap, fields[kind]);
    const [height, width] = fields[kind].deviation;
    element(`extent-${kind}`, HTMLSpanElement).textContent = `±${width.toFixed(1)} × ±${height.toFixed(1)} pixels`;
  }
  status.textContent = 'Standard deviation of the influence, across and down, in pixels of the picture.';
}

function row(kind: 'th' | 'td', cells: readonly string[]): HTMLTableRowElement {
  const line = document.createElement('tr');
  for (const text of cells) line.append(Object.assign(document.createElement(kind), { textContent: text }));
  return line;
}

let shown: string | undefined;
function showPicture(picture: Blob, { width, height }: ImageBitmap): void {
  if (shown !== undefined) URL.revokeObjectURL(shown);
  shown = URL.createObjectURL(picture);
  const image = new Image(width, height);
  image.src = shown;
  image.alt = 'the picture that is looked at';
  frame.style.aspectRatio = `${width} / ${height}`;
  frame.replaceChildren(image);
}

/** Says it, and lets the browser paint it: the network may keep the page busy next. */
async function say(text: string): Promise<void> {
  status.textContent = text;
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

const sceneAddress = (task: TaskName, index: number) => `samples/${task}-${index}.png`;

async function scene(address: string): Promise<Blob> {
  const failed = (cause: Error) => {
    throw new Error(`The scene cannot be fetched: ${cause.message}`, { cause });
  };
  const response = await fetch(address).catch(failed);
  if (!response.ok) throw new Error(`The scene is not there: the server answers ${response.status}`);
  return response.blob().catch(failed);
}

function showSamples(task: TaskName): void {
  const buttons = SAMPLES[task].map((index, i) => {
    const button = document.createElement('button');
    button.ariaLabel = `scene ${i + 1}`;
    const picture = sceneAddress(task, index);
    const image = new Image();
    image.src = picture;
    image.alt = '';
    button.append(image);
    button.addEventListener('click', () => change({ picture }));
    return button;
  });
  element('samples', HTMLDivElement).replaceChildren(...buttons);
}

function choose(tab: Tab): void {
  choices++;
  showTab(tab);
  if (tab === 'field' || tab === wish?.task) change({ tab });
  else {
    showTask(tab);
    change({ tab, task: tab, source: DEMO[tab], picture: sceneAddress(tab, SAMPLES[tab][0]), at: [0.5, 0.5] });
  }
}

async function chooseOwn(files: readonly File[]): Promise<void> {
  const choice = ++choices;
  try {
    const own = await ownNetwork(files);
    if (choice !== choices || wish === undefined) return;
    const tab = wish.tab === 'field' ? 'field' : own.task;
    showTab(tab);
    if (own.task !== wish.task) showTask(own.task);
    change({ tab, ...own });
  } catch (error) {
    if (choice === choices) showError(error as Error);
  }
}

function showTab(tab: Tab): void {
  for (const name of TABS) element(`tab-${name}`, HTMLButtonElement).ariaSelected = String(name === tab);
  element('found', HTMLDivElement).hidden = tab === 'field';
  element('fields', HTMLDivElement).hidden = tab !== 'field';
  const hint =
    tab === 'field' ? 'Click to move the cross, or drop a picture' : 'Drop a picture here, or click to choose one';
  element('hint', HTMLParagraphElement).textContent = drop.ariaLabel = hint;
}

function showTask(task: TaskName): void {
  setThreshold(THRESHOLDS[task]);
  showSamples(task);
}

function setThreshold(value: number): void {
  threshold.value = String(value);
  element('threshold-value', HTMLOutputElement).value = `${Math.round(100 * value)} %`;
}

function take(files: Iterable<File>): void {
  const [picture] = files;
  if (picture !== undefined) change({ picture });
}

function listen(): void {
  for (const name of TABS) element(`tab-${name}`, HTMLButtonElement).addEventListener('click', () => choose(name));
  const file = element('file', HTMLInputElement);
  file.addEventListener('change', () => take(file.files ?? []));
  const activate = () => wish?.tab !== 'field' && file.click();
  drop.addEventListener('click', (event) => {
    if (wish?.tab !== 'field') return activate();
    const { left, top, width, height } = frame.getBoundingClientRect();
    const inside = (value: number) => Math.min(Math.max(value, 0), 0.999);
    return change({ at: [inside((event.clientX - left) / width), inside((event.clientY - top) / height)] });
  });
  drop.addEventListener('keydown', ({ key }) => (key === 'Enter' || key === ' ') && activate());
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
  document.addEventListener('dragleave', () => drop.classList.remove('over'));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    take(event.dataTransfer?.files ?? []);
  });
  document.addEventListener('paste', ({ clipboardData }) => take(clipboardData?.files ?? []));
  threshold.addEventListener('input', () => setThreshold(Number(threshold.value)));
  threshold.addEventListener('change', () => change({}));
  layer.addEventListener('change', () => change({}));
  backendChoice.addEventListener('change', () => {
    chosen = true;
    change({ backend: backendChoice.value as Backend });
  });
  const model = element('model', HTMLInputElement);
  model.addEventListener('change', () => chooseOwn([...(model.files ?? [])]));
}

async function start(): Promise<void> {
  const available = await availableBackends();
  const options = BACKENDS.map((backend) => {
    const option = new Option(BACKEND_NAMES[backend], backend);
    option.disabled = !available.includes(backend);
    if (option.disabled) option.text += ' (not here)';
    return option;
  });
  backendChoice.replaceChildren(...options);
  const [best] = available;
  if (best === undefined) throw new Error('This browser has neither WebGPU nor WebGL nor WebAssembly.');
  const wanted = new URLSearchParams(location.search).get('backend') as Backend | null;
  chosen = wanted !== null && available.includes(wanted);
  const backend = chosen ? wanted! : best;
  backendChoice.value = backend;
  backendChoice.disabled = false;
  showTask('detection');
  const picture = sceneAddress('detection', SAMPLES.detection[0]);
  wish = { tab: 'detection', task: 'detection', source: DEMO.detection, backend, picture, at: [0.5, 0.5] };
  listen();
  await work();
}

start().catch(showError);
