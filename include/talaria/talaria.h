/* All of talaria's C interface. */
#ifndef TALARIA_TALARIA_H_
#define TALARIA_TALARIA_H_

#include "talaria/base.h"
#include "talaria/chat.h"
#include "talaria/engine.h"
#include "talaria/grammar.h"
#include "talaria/model.h"
#include "talaria/runtime.h"
#include "talaria/session.h"
#include "talaria/tokenizer.h"

#endif /* TALARIA_TALARIA_H_ */
