/* Calls that may still change or go: prefix talaria_x_. None so far. A host that uses them binds itself to
 * one exact version of the library. */
#ifndef TALARIA_EXPERIMENTAL_H_
#define TALARIA_EXPERIMENTAL_H_

#include "talaria/base.h"

#endif /* TALARIA_EXPERIMENTAL_H_ */
