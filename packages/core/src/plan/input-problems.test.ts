import { describe, expect, it } from 'vitest'

import { idsProblems, invalid, isObject, listProblems, objectProblems } from './input-problems.ts'

const messages = (problems: readonly { message: string }[]) =>
  problems.map(({ message }) => message)

describe('what is no input [S3-03] [X-12]', () => {
  it('is a problem of options, of no task', () => {
    expect(invalid('workers is 0. Give more.')).toEqual({
      kind: 'invalid-option',
      tasks: [],
      message: 'workers is 0. Give more.',
    })
  })

  it.each<[unknown, string]>([
    [null, 'tasks is null. Give a list.'],
    [undefined, 'tasks is undefined. Give a list.'],
    ['abc', 'tasks is "abc". Give a list.'],
    [{ length: 1 }, 'tasks is an object. Give a list.'],
    [new Set(['a']), 'tasks is an object. Give a list.'],
  ])('as a list: %j', (value, message) => {
    expect(messages(listProblems('tasks', value))).toEqual([message])
    expect(listProblems('tasks', [value])).toEqual([])
  })

  it.each<[unknown, string]>([
    [null, 'options is null. Give an object.'],
    [undefined, 'options is undefined. Give an object.'],
    [[], 'options is a list. Give an object.'],
    [5, 'options is 5. Give an object.'],
  ])('as an object: %j', (value, message) => {
    expect(messages(objectProblems('options', value))).toEqual([message])
    expect(isObject(value)).toBe(false)
  })

  it('as an object, with what it has to hold', () => {
    expect(messages(objectProblems('patch', 5, 'an object with remove'))).toEqual([
      'patch is 5. Give an object with remove.',
    ])
    expect(objectProblems('patch', {})).toEqual([])
    expect(isObject(Object.create(null))).toBe(true)
  })

  it.each<[unknown, string]>([
    ['ab', 'done is "ab". Give the ids of tasks as a list or a set.'],
    [null, 'done is null. Give the ids of tasks as a list or a set.'],
    [undefined, 'done is undefined. Give the ids of tasks as a list or a set.'],
    [7, 'done is 7. Give the ids of tasks as a list or a set.'],
    [{ a: true }, 'done is an object. Give the ids of tasks as a list or a set.'],
  ])('as ids: %j', (value, message) => {
    expect(messages(idsProblems('done', value))).toEqual([message])
  })

  it('as ids, unless they can be gone through one by one', () => {
    for (const ids of [[], new Set(['a']), new Map([['a', 1]]).keys()]) {
      expect(idsProblems('done', ids)).toEqual([])
    }
  })
})
