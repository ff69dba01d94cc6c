"""torchvision's Faster R-CNN R50-FPN from the start of Python to the boxes of one picture: CHECKPOINT PICTURE. Prints them as JSON."""

import json
import sys

import torch
from torchvision.io import ImageReadMode, read_image
from torchvision.models.detection import fasterrcnn_resnet50_fpn

model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=91, box_score_thresh=0.5)
model.load_state_dict(torch.load(sys.argv[1], weights_only=True, mmap=True))
model.eval()
picture = read_image(sys.argv[2], ImageReadMode.RGB).float() / 255
with torch.inference_mode():
    (found,) = model([picture])
rows = zip(found["boxes"].tolist(), found["scores"].tolist())
print(json.dumps([{"box": box, "score": score} for box, score in rows]))
