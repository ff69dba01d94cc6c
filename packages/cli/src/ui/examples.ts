/** Lines that show how each command is used, at the end of its help. */
import type { Command } from 'commander';

/** By the command's words. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  setup: ['icconv setup', 'icconv setup --device cuda', 'icconv setup --offline'],
  doctor: ['icconv doctor'],
  'coco check': ['icconv coco check train.json --images images'],
  'coco convert': [
    'icconv coco convert data.yaml train.json --from yolo --split train',
    'icconv coco convert Annotations train.json --from voc --images JPEGImages',
    'icconv coco convert train.json labels --from coco --to yolo',
  ],
  convert: ['icconv convert model.pth model.safetensors', 'icconv convert model.pth half.safetensors --dtype float16'],
  inspect: ['icconv inspect model.pth', 'icconv inspect model.safetensors --filter layer1 --metadata'],
  'models list': ['icconv models list', 'icconv models list resnet50'],
  'models fetch': ['icconv models fetch torchvision/fasterrcnn-resnet50-fpn-v2'],
  'export onnx': ['icconv export onnx torchvision/resnet50-v2 resnet50.onnx'],
  'eval bbox': ['icconv eval bbox --gt instances.json --dt detections.json --plots report'],
  'eval segm': ['icconv eval segm --gt instances.json --dt masks.json --per-category'],
  'eval keypoints': ['icconv eval keypoints --gt people.json --dt poses.json --json'],
  'eval detection': [
    'icconv eval detection --model runs/detection --annotations test.json --images images --per-category',
  ],
  'eval pose': ['icconv eval pose --model runs/pose --annotations test.json --images images'],
  'eval classification': ['icconv eval classification --model runs/classification --annotations shapes/val'],
  detect: [
    'icconv detect street.jpg --out overlays',
    'icconv detect images --model runs/detection --score 0.6 --json',
    'icconv detect street.mp4 --out overlays',
  ],
  pose: ['icconv pose people.jpg --out overlays', 'icconv pose images --model runs/pose --json'],
  classify: ['icconv classify street.jpg', 'icconv classify images --model runs/classification --top 3 --json'],
  init: ['icconv init', 'icconv init pose --data people.json --images images --out people.yaml'],
  'train detection': [
    'icconv train detection --data train.json --val val.json --images images',
    'icconv train detection --config train.yaml --dry-run',
    'icconv train detection --config train.yaml --time 1h30m --batch-size 4',
    'icconv train detection --config train.yaml --resume',
  ],
  'train pose': [
    'icconv train pose --data people.json --images images',
    'icconv train pose --config train.yaml --dry-run',
  ],
  'train classification': [
    'icconv train classification --data shapes/train --val shapes/val',
    'icconv train classification --config train.yaml --dry-run',
  ],
  launch: ['icconv launch -n 2 -- train detection --config train.yaml'],
  serve: ['icconv serve --model runs/detection --port 8080', 'icconv serve --model runs/detection --workers 2'],
  search: ['icconv search --model runs/super --output runs/found', 'icconv search --config search.yaml'],
  schema: ['icconv schema detection > detection.schema.json'],
  completion: ['source <(icconv completion bash)', 'icconv completion fish > ~/.config/fish/completions/icconv.fish'],
  'reproduce detection': ['icconv reproduce detection --coco coco --model torchvision/fasterrcnn-resnet50-fpn-v2'],
  'reproduce pose': ['icconv reproduce pose --coco coco --model mmpose/bottom-up-resnet50-640 --multi-scale'],
  'reproduce classification': ['icconv reproduce classification --imagenet imagenet --model torchvision/resnet50-v2'],
};

const EXIT_CODES = `
Exit codes:
  0    done
  1    failed, with the reason and what helps; pictures that could not be read among others; faults that check or doctor found
  130  interrupted (Ctrl-C); a training is saved, and --resume goes on`;

/** A command's path without the program: `train detection`. */
export function pathOf(command: Command): string {
  return command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();
}

/** Adds examples to the help of every command that has some. */
export function withExamples(program: Command): Command {
  const visit = (command: Command) => {
    const lines = EXAMPLES[pathOf(command)];
    if (lines !== undefined)
      command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
    command.commands.forEach(visit);
  };
  visit(program);
  return program.addHelpText('after', EXIT_CODES);
}
