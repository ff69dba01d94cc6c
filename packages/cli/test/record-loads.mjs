// A hook of Node's loader: appends the address of every module that is loaded to the file ICCONV_LOADED.
import { appendFileSync } from 'node:fs';

export function load(url, context, next) {
  appendFileSync(process.env.ICCONV_LOADED, `${url}\n`);
  return next(url, context);
}
