/** Messages to the server, one after the other, as the protocol of Postgres wants them. */
class Message {
  #bytes = Buffer.allocUnsafe(usualSize)
  #at = 0

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#at] = value
    this.#at += 1
  }

  int16(value: number): void {
    this.#reserve(2)
    this.#at = this.#bytes.writeUInt16BE(value, this.#at)
  }

  int32(value: number): void {
    this.#reserve(4)
    this.#at = this.#bytes.writeInt32BE(value, this.#at)
  }

  /** A text with its end. */
  name(text: string): void {
    this.#text(text)
    this.byte(0)
  }

  /** A text with its length before it. */
  text(value: string): void {
    const start = this.#at
    this.int32(0)
    this.#text(value)
    this.#bytes.writeInt32BE(this.#at - start - 4, start)
  }

  /** Bytes with their length before them. */
  blob(value: Uint8Array): void {
    this.int32(value.byteLength)
    this.#reserve(value.byteLength)
    this.#bytes.set(value, this.#at)
    this.#at += value.byteLength
  }

  /** What `write` puts in, with the length of all of it before. */
  sized(write: () => void): void {
    const start = this.#at
    this.int32(0)
    write()
    this.#bytes.writeInt32BE(this.#at - start, start)
  }

  /** A copy of all that was put in; the next message begins anew. */
  taken(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#at))
    this.clear()
    return taken
  }

  clear(): void {
    this.#at = 0
    if (this.#bytes.byteLength > mostKept) this.#bytes = Buffer.allocUnsafe(usualSize)
  }

  #text(value: string): void {
    this.#reserve(value.length * mostBytes)
    this.#at += this.#bytes.write(value, this.#at)
  }

  #reserve(size: number): void {
    const needed = this.#at + size
    if (needed <= this.#bytes.byteLength) return
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.byteLength))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

const usualSize = 16_384
const mostKept = 1_048_576
/** Of one unit of a text, in UTF-8. */
const mostBytes = 3

const message = new Message()

/** Formats of values in the protocol. */
const asText = 0
const asBytes = 1

/**
 * One message that runs a statement which the connection has prepared under this name: values, execution,
 * and the end of the transaction that it is where none is open. It asks for no description of the rows.
 */
export function boundMessage(name: string, values: readonly unknown[]): Buffer {
  try {
    message.byte(0x42) // Bind
    message.sized(() => {
      message.name('')
      message.name(name)
      writeFormats(values)
      message.int16(values.length)
      for (const value of values) writeValue(value)
      message.int16(asText)
    })
    message.byte(0x45) // Execute
    message.sized(() => {
      message.name('')
      message.int32(0)
    })
    message.byte(0x53) // Sync
    message.int32(4)
    return message.taken()
  } finally {
    message.clear()
  }
}

/** None at all means that every value is a text. */
function writeFormats(values: readonly unknown[]): void {
  if (!values.some((value) => value instanceof Uint8Array)) {
    message.int16(0)
    return
  }
  message.int16(values.length)
  for (const value of values) message.int16(value instanceof Uint8Array ? asBytes : asText)
}

function writeValue(value: unknown): void {
  if (value === null || value === undefined) message.int32(-1)
  else if (typeof value === 'string') message.text(value)
  else if (value instanceof Uint8Array) message.blob(value)
  else message.text(textOf(value))
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return listOf(value)
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
}

/** The elements as Postgres reads an array. */
function listOf(elements: readonly unknown[]): string {
  let list = '{'
  for (let at = 0; at < elements.length; at += 1) {
    if (at > 0) list += ','
    const element = elements[at]
    if (element === null || element === undefined) list += 'NULL'
    else if (typeof element === 'number' || typeof element === 'boolean') list += String(element)
    else if (element instanceof Uint8Array) list += `"\\\\x${hexOf(element)}"`
    else list += quoted(typeof element === 'string' ? element : textOf(element))
  }
  return `${list}}`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, String.raw`\$&`)}"`
}

function hexOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex')
}
