/** What is read and what is refused: numbers, JSON, sizes, time. */
import { describe, expect, test, vi } from 'vitest';
import { CocoDataset, CocoError, CocoFormatError, CocoResults, evaluate } from '../src/index';
import { CocoRecord } from '../src/json/record';

const dataset =
  (annotation: string, image = '"width":100,"height":80') =>
  () =>
    CocoDataset.parse(`{"images":[{"id":1,${image}}],"annotations":[{"id":1,"image_id":1,${annotation}}]}`);
const results = (detection: string) => () =>
  CocoResults.parse(`[{"image_id":1,"category_id":1,"score":0.5,${detection}}]`);

describe('numbers that are none', () => {
  const words = ['null', 'NaN', 'Infinity', '-Infinity', '1e999', '-1e999', '1e13'];
  const fields = [
    (n: string) => `"bbox":[1,2,3,${n}]`,
    (n: string) => `"bbox":[${n},2,3,4]`,
    (n: string) => `"keypoints":[1,2,2,3,${n},2]`,
    (n: string) => `"keypoints":[${n},2,2]`,
    (n: string) => `"segmentation":[[1,2,3,4,5,${n}]]`,
    (n: string) => `"segmentation":[1,2,3,4,5,${n}]`,
    (n: string) => `"segmentation":{"size":[8,${n}],"counts":[0]}`,
    (n: string) => `"segmentation":{"size":[8,8],"counts":[0,${n}]}`,
  ];
  test.each(words)('%s', (word) => {
    for (const field of fields) {
      const text = field(word);
      expect(dataset(text), text).toThrow(CocoFormatError);
      expect(results(text), text).toThrow(/at byte \d+: .* \(record 1\)$/);
    }
    if (word === '1e13') return;
    expect(results(`"score":${word}`)).toThrow(/score must be a finite number/);
    expect(dataset(`"iscrowd":${word === 'null' ? '1e999' : word}`)).toThrow(/iscrowd must be a finite number/);
    if (word === 'null') return;
    expect(dataset(`"area":${word}`)).toThrow(/area must be a finite number/);
    expect(dataset(`"num_keypoints":${word}`)).toThrow(/num_keypoints must be a whole number/);
    expect(dataset('"area":1', `"width":${word}`)).toThrow(/width must be a whole number .*\(image 1\)/);
  });

  test('one of seventeen keypoints, and the remedy', () => {
    const all = Array.from({ length: 17 }, (_, i) => (i === 9 ? 'null,null,0' : `${i},${i},2`)).join();
    expect(results(`"keypoints":[${all}]`)).toThrow(
      'keypoints must be finite numbers within 1000000000000 pixels, found null or NaN; an unlabelled keypoint is 0, 0, 0',
    );
  });

  test('the same from objects', () => {
    const detection = { image_id: 1, category_id: 1, score: 0.5 };
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const field of [
        { keypoints: [1, bad, 2] },
        { keypoints: Float32Array.of(1, bad, 2) },
        { bbox: [1, 2, 3, bad] },
        { segmentation: [[1, 2, 3, 4, 5, bad]] },
        { score: bad },
        { area: bad },
      ]) {
        expect(() => CocoResults.parse([detection, { ...detection, ...field }])).toThrow(/\(record 2\)$/);
      }
    }
  });

  test('objects that cannot be written as JSON, and what are no records', () => {
    const circle: Record<string, unknown> = { image_id: 1, category_id: 1, score: 1 };
    circle.self = circle;
    const thrower = { image_id: 1, toJSON: () => fail() };
    function fail(): never {
      throw new TypeError('no');
    }
    for (const input of [[circle], [thrower], [undefined], [null], [7], [() => 7], { annotations: 7 }, new Map()]) {
      expect(() => CocoResults.parse(input as object)).toThrow(CocoFormatError);
    }
    for (const input of [null, undefined, 7, true]) {
      expect(() => CocoResults.parse(input as unknown as object)).toThrow(CocoFormatError);
      const gt = CocoDataset.parse({ images: [], annotations: [] });
      expect(() => evaluate(gt, input as unknown as [], { iouType: 'bbox' })).toThrow(CocoFormatError);
    }
  });

  test('a null that means absence', () => {
    const gt = dataset('"category_id":null,"area":null,"bbox":null,"keypoints":null,"segmentation":null')();
    expect(gt.toJson().annotations).toEqual([{ id: 1, image_id: 1 }]);
  });
});

describe('JSON', () => {
  const image = '{"id":1,"width":5,"height":5}';
  test.each([
    `{"images":[${image} ${image}]}`,
    `{"images":[,${image}]}`,
    `{"images":[${image},]}`,
    `{"images":[${image}],}`,
    `{"images":[${image}] "annotations":[]}`,
    `{"images":[${image}],"images":[]}`,
    `{"images":[{"id":1,"file_name":"a\nb"}]}`,
    '{"images":[{"id":1,"file_name":"\\x"}]}',
    '{"images":[{"id":1,"file_name":"\\u12g4"}]}',
    '{"images":[{"id":1,"file_name":7}]}',
    '{"images":[{"id":1,"other":[1}}]}',
    '{"images":[{"id":1,"other":nul}]}',
    '{"images":[{"id":1,"other":01}]}',
    '{"images":[{"id":1,"other":1.}]}',
    '{"images":[{"id":1,"other":+1}]}',
    '{"images":[{"id":1,"other":0x10}]}',
    '{"images":[{"id":1,"other":undefined}]}',
    '{"images":{"1":{}}}',
    '{"annotations":null}',
    '{"categories":{"id":1}}',
    '{"categories":[{"id":1,"keypoints":17}]}',
    `{"images":[${image}]}\0 more`,
    '[]',
    '7',
    '',
    `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    `{"a":1${'0'.repeat(500)}}`,
  ])('refused: %#', (text) => {
    let error: unknown;
    try {
      CocoDataset.parse(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(CocoError.isInstance(error)).toBe(true);
    // Nor does it pass byte by byte.
    expect(() => CocoDataset.parse(new TextEncoder().encode(text))).toThrow(CocoFormatError);
  });

  test('bytes that are no UTF-8 make no ids', () => {
    const bytes = new TextEncoder().encode('{"images":[{"id":"a?"}]}');
    bytes[bytes.indexOf(63)] = 0xff;
    expect(() => CocoDataset.parse(bytes)).toThrow('the text is not UTF-8 (image 1)');
  });

  test('of a key that stands twice the last value counts; __proto__ is a name like others', () => {
    const gt = CocoDataset.parse(
      `{"__proto__":{"polluted":1},"images":[{"id":3,"id":1,"width":5,"height":5,"__proto__":{"a":1}}],
        "annotations":[{"id":1,"image_id":7,"image_id":1,"\\u0061rea":3,"keypoints":[1,1,1],"keypoints":[],
          "segmentation":[[1,1,2,2,3,3]],"segmentation":[[0,0,4,0,4,4]],"__proto__":{"b":2}}]}`,
    );
    expect(gt.getImgIds()).toEqual([1]);
    expect(gt.columns.annotations.area[0]).toBe(3);
    expect(gt.annotation(0)).toMatchObject({ image_id: 1, segmentation: [[0, 0, 4, 0, 4, 4]] });
    expect(gt.annotation(0).keypoints).toBeUndefined();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(Object.keys(gt.toJson())).toContain('__proto__');
    expect([...gt.toJsonPieces()].join('')).toContain('"__proto__":{"b":2}');
  });

  test("Python's NaN in fields that the format does not name becomes null", () => {
    const gt = CocoDataset.parse(
      `{"info":{"x":NaN},"images":[{"id":"7","depth":-Infinity,"note":"NaN"}],"categories":[{"id":1,"name":"a","w":NaN}],
        "annotations":[{"id":1,"image_id":7,"quality":[NaN,1]}]}`,
    );
    expect(JSON.parse([...gt.toJsonPieces()].join(''))).toEqual({
      info: { x: null },
      images: [{ id: 7, depth: null, note: 'NaN' }],
      categories: [{ id: 1, name: 'a', w: null }],
      annotations: [{ id: 1, image_id: 7, quality: [null, 1] }],
    });
    expect(gt.loadImgs(7)[0]).toMatchObject({ id: 7, depth: null });
  });

  test('results are a list, or an object that has one', () => {
    expect(() => CocoResults.parse('{"results":[]}')).toThrow('an object with a list "annotations"');
    expect(CocoResults.parse('{"annotations":[]}').size).toBe(0);
  });
});

describe('size', () => {
  /** One annotation of so many numbers, in pieces of a kilobyte. */
  async function* long(numbers: number): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    yield encoder.encode('{"images":[{"id":1}],"annotations":[{"id":1,"image_id":1,"segmentation":[[');
    const piece = encoder.encode('12.5,'.repeat(200));
    for (let i = 0; i < numbers; i += 200) yield piece;
    yield encoder.encode('1,1]]}]}');
  }

  test('a record that comes in many pieces is scanned a few times, not once a piece', async () => {
    // 5 MB in 5000 pieces: scanned again at each, it would be 12 GB.
    const attempts = vi.spyOn(CocoRecord.prototype, 'read');
    const gt = await CocoDataset.parseStream(long(1_000_000));
    expect(gt.columns.annotations.segments!.length[0]).toBeGreaterThan(1_000_000);
    expect(attempts.mock.calls.length).toBeLessThan(20);
  });

  test('a record beyond the limit is refused with the option that allows it', async () => {
    await expect(CocoDataset.parseStream(long(100_000), { maxRecordBytes: 300_000 })).rejects.toThrow(
      'a record or field of more than 300000 bytes, which would be in memory as a whole; maxRecordBytes allows more (record 1)',
    );
    expect((await CocoDataset.parseStream(long(100_000), { maxRecordBytes: 600_000 })).annotationCount).toBe(1);
    const text = `[{"image_id":1,"category_id":1,"score":1,"x":"${'y'.repeat(2000)}"}]`;
    expect(() => CocoResults.parse(text, { maxRecordBytes: 1000 })).toThrow('more than 1000 bytes');
  });

  test('compressed counts are of their alphabet', () => {
    for (const counts of ['~~', 'é', '5 0', '5\\n']) {
      expect(results(`"segmentation":{"size":[4,5],"counts":"${counts}"}`)).toThrow(
        "counts is a text that is not COCO's compressed run lengths (record 1)",
      );
    }
  });

  test('more keypoints or polygons than the columns take', () => {
    expect(results(`"keypoints":[${'0,'.repeat(70_000)}0,0]`)).toThrow('65535 is the limit');
    expect(results(`"segmentation":[${'[],'.repeat(100_001)}[]]`)).toThrow('more than 100000 polygons');
    expect(results('"segmentation":{"size":[1000000000,1000000000],"counts":[0]}')).toThrow(
      'a run-length mask may have 2147483647 pixels at most, found 1000000000 x 1000000000',
    );
  });
});
