"""One timed run of a peer: peer.py pycocotools|faster GT DT bbox|segm|keypoints; prints one JSON line."""

import contextlib
import io
import json
import resource
import sys
import time

library, gt_path, dt_path, kind = sys.argv[1:5]
if library == "pycocotools":
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval as Evaluate
else:
    from faster_coco_eval import COCO, COCOeval_faster as Evaluate

t = [time.perf_counter()]
with contextlib.redirect_stdout(io.StringIO()):
    gt = COCO(gt_path)
    t.append(time.perf_counter())
    dt = gt.loadRes(dt_path)
    t.append(time.perf_counter())
    evaluation = Evaluate(gt, dt, kind)
    evaluation.evaluate()
    t.append(time.perf_counter())
    evaluation.accumulate()
    t.append(time.perf_counter())
    evaluation.summarize()
stages = dict(zip(("loadGt", "loadDt", "evaluate", "accumulate"), (b - a for a, b in zip(t, t[1:]))))
count = 10 if kind == "keypoints" else 12
print(
    json.dumps(
        {
            "stages": stages,
            "stats": [float(s) for s in evaluation.stats[:count]],
            "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
