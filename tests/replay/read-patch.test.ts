import { describe, expect, it } from 'vitest'

import { readPatch } from './read-patch.ts'

describe('a patch without context', () => {
  it('says what each file had and gets, also where a line looks like one of the patch', () => {
    const patch = `diff --git a/x b/x
index 1..2 100644
--- a/x
+++ b/x
@@ -2 +2,2 @@ some function
--- gone
+diff --git a/y b/y
+@@ -1 +1 @@
@@ -7,0 +9 @@
+last
\\ No newline at end of file
diff --git a/bit b/bit
old mode 100644
new mode 100755
diff --git a/old b/old
deleted file mode 100644
index 1..0
--- a/old
+++ /dev/null
@@ -1,2 +0,0 @@
-1
-2
\\ No newline at end of file
`
    expect(readPatch(patch)).toEqual([
      [
        { at: 1, removed: 1, added: ['diff --git a/y b/y\n', '@@ -1 +1 @@\n'] },
        { at: 7, removed: 0, added: ['last'] },
      ],
      [],
      [{ at: 0, removed: 2, added: [] }],
    ])
  })
})
