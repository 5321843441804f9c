#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Makes a tree of headers that looks to a compiler like xtensor 0.26 and later and the xtensor-blas for it: the flat
# headers that are installed, copied into the folders of the newer versions (the names are the same), with the includes
# among them rewritten.
# Usage: foldered_xtensor.sh COMPILER TREE
set -euo pipefail

compiler=$1 tree=$2
installed=$("$compiler" -std=c++20 -E -x c++ -include xtensor/xtensor_config.hpp /dev/null |
    sed -n 's|^# [0-9]* "\(.*\)/xtensor/xtensor_config.hpp".*|\1|p' | head -n 1)

declare -A folders=(
    [chunk]="xchunked_array xchunked_assign xchunked_view"
    [containers]="xadapt xarray xbuffer_adaptor xcontainer xfixed xscalar xstorage xtensor"
    [core]="xaccessible xassign xeval xexpression xexpression_traits xfunction xiterable xiterator xlayout xmath
        xmultiindex_iterator xnoalias xoperation xsemantic xshape xstrides xtensor_config xtensor_forward xvectorize"
    [generators]="xbuilder xgenerator xrandom"
    [io]="xcsv xinfo xio xjson xmime xnpy"
    [misc]="xcomplex xexpression_holder xhistogram xmanipulation xpad xset_operation xsort"
    [optional]="xoptional xoptional_assembly xoptional_assembly_base xoptional_assembly_storage"
    [reducers]="xaccumulator xblockwise_reducer xblockwise_reducer_functors xnorm xreducer"
    [utils]="xexception xtensor_simd xutils"
    [views]="xaxis_iterator xaxis_slice_iterator xbroadcast xdynamic_view xfunctor_view xindex_view xmasked_view
        xoffset_view xrepeat xslice xstrided_view xstrided_view_base xview xview_utils")

rewrite=
for folder in "${!folders[@]}"; do
    mkdir -p "$tree/xtensor/$folder"
    for name in ${folders[$folder]}; do
        cp "$installed/xtensor/$name.hpp" "$tree/xtensor/$folder/"
        rewrite+="s|#include [<\"](xtensor/)?$name\.hpp[>\"]|#include <xtensor/$folder/$name.hpp>|;"
    done
done
cp -r "$installed/xtensor-blas" "$tree/"
sed -Ei "$rewrite" "$tree"/xtensor/*/*.hpp "$tree"/xtensor-blas/*.hpp
