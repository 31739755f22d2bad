import type { Options } from 'tsup'

/**
 * How every package is built. `removeNodeProtocol` would turn `node:sqlite` into `sqlite`, which
 * does not load; `treeshake` would drop directives such as 'use client'.
 */
export function library(entry: Record<string, string>): Options {
  return {
    entry,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    dts: true,
    clean: true,
    sourcemap: true,
    treeshake: false,
    removeNodeProtocol: false,
  }
}
