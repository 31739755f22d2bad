import type { Options } from 'tsup'

/**
 * How every package is built. `removeNodeProtocol` would turn `node:sqlite` into `sqlite`, which
 * does not load; `treeshake` would drop directives such as 'use client'. On the platform `neutral`
 * an import of Node fails the build.
 */
export function library(
  entry: Record<string, string>,
  platform: 'neutral' | 'node' = 'node',
): Options {
  return {
    entry,
    format: 'esm',
    target: 'es2023',
    platform,
    dts: true,
    clean: true,
    sourcemap: true,
    treeshake: false,
    removeNodeProtocol: false,
  }
}
