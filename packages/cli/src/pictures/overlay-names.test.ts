import { join } from 'node:path';
import { expect, test } from 'vitest';
import { overlayPaths } from './overlay-names';

const names = (...images: string[]) => overlayPaths(images, 'out').map((path) => path.slice('out/'.length));

test('every picture has an overlay of its own', () => {
  expect(names('x/1.jpg', 'y/1.jpg', 'z/1.JPG', '1.png', 'a.webp', 'A.gif', 'x/1-2.jpg')).toEqual([
    '1.jpg',
    '1-2.jpg',
    '1-3.jpg',
    '1.png',
    'a.jpg',
    'A-2.jpg',
    '1-2-2.jpg',
  ]);
});

test('whatever a picture is called, its overlay lies in the folder', () => {
  expect(
    names('images\\1.jpg', 'a\n/../../b.jpg', 'c\n.jpg', '..', 'http://host/a/b.png?x=/c', 'http://host/'),
  ).toEqual(['1.jpg', 'b.jpg', 'c_.jpg', 'picture.jpg', 'b.png', 'picture-2.jpg']);
  expect(names('data:image/png;base64,AAAA/../x', 'data:image/jpeg;base64,AA')).toEqual(['picture.png', 'picture.jpg']);
});

test('a picture is not replaced by its overlay', () => {
  expect(() => overlayPaths([join('out', '1.jpg')], 'out')).toThrow('another folder');
});
