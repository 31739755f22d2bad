import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const composeFolder = join(import.meta.dirname, '../examples/many-machines')

export interface Service {
  readonly image?: string
  readonly command?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly volumes?: readonly string[]
  readonly working_dir?: string
}

/** The services of these files, one laid over the other as compose does. */
export function servicesOf(...files: readonly string[]): Readonly<Record<string, Service>> {
  const services: Record<string, Service> = {}
  for (const file of files) {
    const text = readFileSync(join(composeFolder, file), 'utf8')
    const { services: more } = parse(text) as { services: Record<string, Service> }
    for (const [name, service] of Object.entries(more)) {
      const below = services[name] ?? {}
      services[name] = {
        ...below,
        ...service,
        depends_on: { ...below.depends_on, ...service.depends_on },
        environment: { ...below.environment, ...service.environment },
      }
    }
  }
  return services
}
