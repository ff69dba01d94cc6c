/** Puts inception convolutions and super-kernels in the place of plain ones. */

import { type DilationPattern, validatePattern } from '@icconv/inception-conv';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { type ConvChoice, DEFAULT_LAYERS, type LayerSelector } from '../config/resnet-config';
import { publishedPattern } from '../patterns/published';
import { type ConvSpec, changeConvs, planConvs, type ResNetPlan } from './plan';

const wrong = (parameter: string, value: unknown, expected: string) =>
  new InvalidArgumentError('ResNetConfig', parameter, value, expected);

/**
 * @throws {@link InvalidArgumentError} for a selector without a layer, a layer that cannot be dilated, or a pattern that does not fit;
 *   PatternFormatError for a faulty pattern.
 */
export function chooseConvs(plan: ResNetPlan, choice: ConvChoice | readonly ConvChoice[]): ResNetPlan {
  const convs = planConvs(plan);
  const replaced = new Map<string, ConvSpec>();
  const choices: readonly ConvChoice[] = Array.isArray(choice) ? choice : [choice as ConvChoice];
  choices.forEach((one, index) => {
    const where = Array.isArray(choice) ? `conv[${index}]` : 'conv';
    for (const spec of applyChoice(convs, one, where)) {
      if (replaced.has(spec.name)) throw wrong(`${where}.layers`, spec.name, 'layers that no other choice names');
      replaced.set(spec.name, spec);
    }
  });
  return replaced.size === 0 ? plan : changeConvs(plan, (spec) => replaced.get(spec.name) ?? spec);
}

function applyChoice(convs: readonly ConvSpec[], choice: ConvChoice, where: string): ConvSpec[] {
  switch (choice?.kind) {
    case 'plain':
      return [];
    case 'super': {
      const chosen = select(convs, choice.layers ?? DEFAULT_LAYERS, where);
      const { size } = choice;
      const least = Math.max(...chosen.map((spec) => spec.size));
      if (!Number.isSafeInteger(size) || size % 2 === 0 || size < least) {
        throw wrong(`${where}.size`, size, `an odd kernel side of at least ${least}`);
      }
      return chosen.map((spec) => ({ ...spec, kind: 'super', size }));
    }
    case 'inception': {
      const chosen = select(convs, choice.layers ?? DEFAULT_LAYERS, where);
      const pattern = typeof choice.pattern === 'string' ? publishedPattern(choice.pattern) : choice.pattern;
      checkPattern(pattern, chosen, where);
      return chosen.map((spec, layer) => ({ ...spec, kind: 'inception', dilations: pattern.layers[layer]!.dilations }));
    }
    default:
      throw wrong(`${where}.kind`, (choice as { readonly kind?: unknown })?.kind, '"plain", "inception" or "super"');
  }
}

/** The chosen convolutions in forward order. */
function select(convs: readonly ConvSpec[], selectors: readonly LayerSelector[], where: string): ConvSpec[] {
  const chosen = new Set<ConvSpec>();
  for (const selector of selectors) {
    const pattern = new RegExp(`^${selector.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^.]*')}$`);
    const found = convs.filter((spec) => pattern.test(spec.name));
    if (found.length === 0) {
      throw wrong(`${where}.layers`, selector, `names of convolutions such as ${convs[1]!.name}, with * as a wildcard`);
    }
    const flat = found.find((spec) => spec.size === 1);
    if (flat !== undefined) {
      throw wrong(`${where}.layers`, selector, `convolutions with a kernel to dilate; ${flat.name} is 1x1`);
    }
    for (const spec of found) chosen.add(spec);
  }
  return convs.filter((spec) => chosen.has(spec));
}

function checkPattern(pattern: DilationPattern, chosen: readonly ConvSpec[], where: string): void {
  const parameter = `${where}.pattern`;
  if (typeof pattern !== 'object' || pattern === null) {
    throw wrong(parameter, pattern, 'a DilationPattern or the name of a published one');
  }
  validatePattern(pattern, { file: parameter });
  const { layers } = pattern;
  if (layers.length !== chosen.length) {
    throw wrong(parameter, `${layers.length} layers`, `a pattern of ${chosen.length} layers (${spans(chosen)})`);
  }
  layers.forEach(({ dilations, name: intended }, layer) => {
    const { name, outChannels, groups } = chosen[layer]!;
    if (intended !== undefined && intended !== name) {
      throw wrong(`${parameter}.layers[${layer}].name`, intended, `"${name}", the layer in this place`);
    }
    if (dilations.length !== outChannels && dilations.length !== groups) {
      const also = groups > 1 ? ` or ${groups} groups` : '';
      const expected = `the dilations of the ${outChannels} channels${also} of ${name}`;
      throw wrong(`${parameter}.layers[${layer}]`, `${dilations.length} dilations`, expected);
    }
  });
}

const spans = (specs: readonly ConvSpec[]) =>
  specs.length === 1 ? specs[0]!.name : `${specs[0]!.name} to ${specs.at(-1)!.name}`;
