/* Writing and reading model files share the names of things. */
#ifndef ND_MODEL_FILE_H
#define ND_MODEL_FILE_H

#define ND_MODEL_FORMAT  "nadir-model"
#define ND_MODEL_VERSION 1

#endif
