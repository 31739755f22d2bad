import type { Storage } from '../storage/storage.ts'
import {
  registerContract,
  type ContractCase,
  type KnownGaps,
  type TestFramework,
} from './contract.ts'
import { storageEventCases } from './storage-event-cases.ts'
import { storageKeptBackCases } from './storage-kept-back-cases.ts'
import { storageLeaseCases } from './storage-lease-cases.ts'
import { storagePruneCases } from './storage-prune-cases.ts'
import { storageProjectCases } from './storage-project-cases.ts'
import { storageQueryCases } from './storage-query-cases.ts'
import { storageReadyCases } from './storage-ready-cases.ts'
import { storageRestartCases } from './storage-restart-cases.ts'
import { storageRowCases } from './storage-row-cases.ts'
import { storageSliceCases } from './storage-slice-cases.ts'
import { storageTransactionCases } from './storage-transaction-cases.ts'
import { storageValueCases } from './storage-value-cases.ts'

/** An empty storage, and hands on its clock and its file. */
export interface StorageSubject {
  readonly storage: Storage
  /** Moves the clock that decides about leases, for every process; back when negative. */
  advance(ms: number): Promise<void> | void
  /** Closes the storage and opens what is kept of it, as a restarted process does. */
  reopen(): Promise<Storage>
}

export interface StorageSuiteOptions {
  create(): Promise<StorageSubject> | StorageSubject
  destroy?(subject: StorageSubject): Promise<void> | void
  readonly knownGaps?: KnownGaps
}

/** The contract of storages. */
export function storageSuite(framework: TestFramework, options: StorageSuiteOptions): void {
  registerContract(framework, { name: 'storage', cases, ...options })
}

const cases: readonly ContractCase<StorageSubject>[] = [
  ...storageTransactionCases,
  ...storageRestartCases,
  ...storageRowCases,
  ...storageSliceCases,
  ...storageProjectCases,
  ...storageValueCases,
  ...storageEventCases,
  ...storagePruneCases,
  ...storageLeaseCases,
  ...storageReadyCases,
  ...storageKeptBackCases,
  ...storageQueryCases,
]
