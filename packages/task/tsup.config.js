"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
var tsup_preset_1 = require("@icconv/tsup-preset");
exports.default = (0, tsup_preset_1.preset)({ index: 'src/index.ts', 'process-host': 'src/process/host.ts' }, 
// The CommonJS build finds its child process by `import.meta.url` too.
{ platform: 'node', shims: true });
